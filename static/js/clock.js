// Keeps the time in the head and every "since" and "until" true while the page stands open.
(() => {
  "use strict";
  const head = document.querySelector("[data-clock]");
  if (!head) return;
  // The server's clock counts: a wrong watch on this machine must not make a wait longer.
  const ahead = Date.parse(head.dateTime) - Date.now();
  const now = () => Date.now() + ahead;

  // The server's words too, as it translates them: "%(hours)d h %(minutes)02d".
  const words = JSON.parse(head.dataset.words);
  const say = (name, values) => words[name].replace(/%\((\w+)\)(0\d)?[ds]/g,
    (sign, value, width) => String(values[value]).padStart(Number(width ?? 0), "0"));

  const span = (seconds) => {
    const minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60), days = Math.floor(hours / 24);
    if (seconds < 60) return say("seconds", { n: Math.floor(seconds) });
    if (minutes < 60) return say("minutes", { n: minutes });
    if (hours < 24) return say("hours", { hours, minutes: minutes % 60 });
    return hours % 24 && days < 10 ? say("days_and_hours", { days, hours: hours % 24 }) : say("days", { n: days });
  };

  const stamp = (zone) => {
    const parts = new Intl.DateTimeFormat(document.documentElement.lang, {
      weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
      timeZone: zone,
    }).formatToParts(now());
    const of = (type) => parts.find((part) => part.type === type).value;
    return `${of("weekday")} ${of("day")} ${of("month").slice(0, 3)} ${of("hour")}:${of("minute")}`;
  };

  const write = (element, text) => { if (element.textContent !== text) element.textContent = text; };

  const tick = () => {
    if (document.hidden) return;
    write(head, stamp(head.dataset.zone));
    for (const time of document.querySelectorAll("time[data-since], time[data-until]")) {
      const seconds = (now() - Date.parse(time.dateTime)) / 1000;
      if ("until" in time.dataset) write(time, say(seconds > 0 ? "late" : "ahead", { span: span(Math.abs(seconds)) }));
      else if (seconds >= 0) write(time, seconds < 60 ? words.now : span(seconds));
    }
  };

  setInterval(tick, 15000);
  document.addEventListener("visibilitychange", tick);
})();
