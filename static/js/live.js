// One event stream per page for <body data-topics="run:214@17 request:1188">, open only while the page is visible.
// An event `changed` carries {"topic": "run:214", "version": 17}; parts marked data-live="/runs/214#status" are fetched
// again (once per address) and swapped by id, never while somebody works inside them.
// A part with data-topic="run:214" follows only that topic; "@17" is the version the page was drawn from.
// data-shell-topics are those of the frame around every page: only parts that name one of them follow it.
(() => {
  "use strict";
  const named = (list) => (list || "").split(/\s+/).filter(Boolean).map((one) => one.split("@"));
  const own = named(document.body.dataset.topics);
  const drawn = [...own, ...named(document.body.dataset.shellTopics)];
  const topics = [...new Set(drawn.map(([topic]) => topic))];
  const ownTopics = new Set(own.map(([topic]) => topic));  // what the parts without a topic of their own follow
  if (!topics.length || !window.EventSource) return;

  const sign = own.length ? document.getElementById("live") : null;
  const seen = new Map(drawn.map(([topic, version]) => [topic, Number(version ?? -1)]));  // topic → last version shown
  const held = new Set();  // ids of parts that wait until somebody has finished inside them
  const due = new Set();   // topics whose parts are to be fetched
  let stream = null, timer = 0, fetching = false, away = false, over = false;

  const say = (state) => {
    if (!sign) return;
    sign.hidden = false;
    sign.dataset.liveState = state;
    if (sign.textContent !== sign.dataset[state]) sign.textContent = sign.dataset[state];
  };
  const calm = () => { if (!over && stream?.readyState === EventSource.OPEN) say(held.size ? "held" : "on"); };

  const parts = () => [...document.querySelectorAll("[data-live]")];
  const address = (part) => new URL(part.dataset.live, location.href);

  const drawnIndex = (select) => Math.max([...select.options].findIndex((one) => one.defaultSelected), 0);

  // A checkbox without a value says "on" but has no default value: what counts is whether it is ticked.
  const isChanged = (field) => {
    if (field.localName === "select") return field.selectedIndex !== drawnIndex(field);
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    return field.value !== field.defaultValue;
  };

  const inUse = (part) => {
    const active = document.activeElement;
    if (active && active !== document.body && part.contains(active)) return true;
    const picked = document.getSelection();
    if (picked && !picked.isCollapsed && part.contains(picked.anchorNode)) return true;
    return [...part.querySelectorAll("textarea, input, select")].some(isChanged);
  };

  const swap = (part, fresh) => {
    if (part.isEqualNode(fresh)) return;
    for (const open of part.querySelectorAll("details[id]")) {
      const same = fresh.querySelector(`#${CSS.escape(open.id)}`);
      if (same) same.open = open.open;
    }
    const said = fresh.dataset.announce;
    if (said && said !== part.dataset.announce) {
      const announce = document.getElementById("announce");
      if (announce) announce.textContent = said;
    }
    const adopted = document.adoptNode(fresh);
    part.replaceWith(adopted);
    window.htmx?.process(adopted);
  };

  const refetch = async (url, wanted) => {
    const answer = await fetch(url, { headers: { "X-Live": "1" }, credentials: "same-origin", cache: "no-store" });
    if (answer.redirected && new URL(answer.url).pathname !== url.pathname || answer.status === 401) { end(); return; }
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of wanted) {
      if (!part.isConnected) continue;
      const fresh = page.getElementById(address(part).hash.slice(1) || part.id);
      if (!fresh) continue;
      if (inUse(part)) { held.add(part.id); continue; }
      held.delete(part.id);
      swap(part, fresh);
    }
  };

  const update = async () => {
    if (fetching) { plan(); return; }
    fetching = true;
    const changed = new Set(due);
    due.clear();
    const followed = [...changed].some((topic) => ownTopics.has(topic));
    const byUrl = new Map();
    for (const part of parts()) {
      if (part.dataset.topic ? !changed.has(part.dataset.topic) : !followed) continue;
      const url = address(part);
      url.hash = "";
      byUrl.set(url.href, [...(byUrl.get(url.href) || []), part]);
    }
    try {
      await Promise.all([...byUrl].map(([href, wanted]) => refetch(new URL(href), wanted)));
    } catch {
      for (const topic of changed) due.add(topic);  // no network just now: the stream's return fetches again
    }
    fetching = false;
    calm();
  };
  const plan = () => { clearTimeout(timer); timer = setTimeout(update, 120 + Math.random() * 180); };

  const close = () => { stream?.close(); stream = null; };
  const end = () => { over = true; close(); say("over"); };

  const all = () => { for (const topic of topics) due.add(topic); plan(); };
  let patience = 4000;

  const open = () => {
    if (stream || over || document.hidden) return;
    stream = new EventSource(`${document.body.dataset.stream}?topics=${encodeURIComponent(topics.join(","))}`);
    stream.addEventListener("open", () => {
      patience = 4000;
      if (away) all();
      away = false;
      calm();
    });
    stream.addEventListener("error", () => {
      say("reconnecting");
      away = true;
      if (stream?.readyState !== EventSource.CLOSED) return;  // the browser tries again by itself
      // An answer that isn't a stream: fetch the parts (which shows whether we are logged out) and try later.
      close();
      all();
      setTimeout(open, patience * (0.75 + Math.random() / 2));
      patience = Math.min(patience * 2, 60000);
    });
    stream.addEventListener("changed", (event) => {
      const { topic, version } = JSON.parse(event.data);
      if (version <= (seen.get(topic) ?? -1)) return;  // never back to an older state
      seen.set(topic, version);
      due.add(topic);
      plan();
    });
    stream.addEventListener("end", end);
  };

  // What waited is caught up once the person has left it.
  const release = () => {
    const waiting = [...held].map((id) => document.getElementById(id)).filter(Boolean);
    if (!waiting.length || waiting.some(inUse)) return;
    held.clear();
    all();
  };
  document.addEventListener("focusout", () => setTimeout(release, 400));
  document.addEventListener("selectionchange", () => { if (document.getSelection().isCollapsed) release(); });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) { away = true; close(); } else { say("reconnecting"); open(); }
  });
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", (event) => { if (event.persisted) { away = true; open(); } });
  open();
})();
