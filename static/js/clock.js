// Keeps the time in the head and every "since" and "until" true while the page stands open.
(() => {
  "use strict";
  const head = document.querySelector("[data-clock]");
  // The server's clock counts: a wrong watch on this machine must not make a wait longer.
  const ahead = head ? Date.parse(head.dateTime) - Date.now() : 0;
  const now = () => Date.now() + ahead;

  const span = (seconds) => {
    const minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60), days = Math.floor(hours / 24);
    if (seconds < 60) return `${Math.floor(seconds)} s`;
    if (minutes < 60) return `${minutes} min`;
    if (hours < 24) return `${hours} h ${String(minutes % 60).padStart(2, "0")}`;
    return hours % 24 && days < 10 ? `${days} d ${hours % 24} h` : `${days} d`;
  };

  const stamp = (zone) => {
    const parts = new Intl.DateTimeFormat("en-GB", {
      weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone: zone,
    }).formatToParts(now());
    const of = (type) => parts.find((part) => part.type === type).value;
    return `${of("weekday")} ${of("day")} ${of("month").slice(0, 3)} ${of("hour")}:${of("minute")}`;
  };

  const write = (element, text) => { if (element.textContent !== text) element.textContent = text; };

  const tick = () => {
    if (document.hidden) return;
    if (head) write(head, stamp(head.dataset.zone));
    for (const time of document.querySelectorAll("time[data-since], time[data-until]")) {
      const seconds = (now() - Date.parse(time.dateTime)) / 1000;
      if ("until" in time.dataset) write(time, seconds > 0 ? `${span(seconds)} late` : `in ${span(-seconds)}`);
      else if (seconds >= 0) write(time, seconds < 60 ? "just now" : span(seconds));
    }
  };

  setInterval(tick, 15000);
  document.addEventListener("visibilitychange", tick);
})();
