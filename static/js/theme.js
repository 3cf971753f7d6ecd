// Light, dark or as the system says. Loaded in the head, so that the page never flashes in the wrong one.
(() => {
  "use strict";
  const KEY = "releaseorch-theme";

  const read = () => {
    try { return localStorage.getItem(KEY) || "system"; } catch { return "system"; }
  };

  const show = (theme) => {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    for (const button of document.querySelectorAll("[data-theme-value]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeValue === theme));
    }
  };

  show(read());
  document.addEventListener("DOMContentLoaded", () => {
    for (const group of document.querySelectorAll("[data-theme-switch]")) group.hidden = false;
    show(read());
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-value]");
    if (!button) return;
    try { localStorage.setItem(KEY, button.dataset.themeValue); } catch { /* a private window: only this page */ }
    show(button.dataset.themeValue);
  });
  window.addEventListener("storage", (event) => { if (event.key === KEY) show(read()); });
})();
