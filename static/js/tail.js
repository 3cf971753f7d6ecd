// A log that grows is fetched again while it runs, but never under somebody who reads further up or marks text in it.
(() => {
  "use strict";
  document.addEventListener("htmx:beforeRequest", (event) => {
    const part = event.target;
    if (part.id !== "log-lines") return;
    const box = part.querySelector(".log");
    const picked = document.getSelection();
    const reads = box && Math.abs(box.scrollTop) > 4;  // the box grows from its end, so 0 is the newest line
    const marks = picked && !picked.isCollapsed && part.contains(picked.anchorNode);
    if (reads || marks || document.hidden) event.preventDefault();
  });
})();
