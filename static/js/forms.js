// Comfort for forms that work without it: no double submit, select all, a warning before typed text is lost.
(() => {
  "use strict";

  // A second press while the first is under way goes nowhere; coming back by the browser's button frees it.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method === "dialog") return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    if (form.method !== "post" || form.target) return;
    form.dataset.sent = "yes";
    event.submitter?.setAttribute("aria-busy", "true");
  });
  const free = (root) => {
    for (const form of root.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
    for (const button of root.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
  };
  window.addEventListener("pageshow", () => free(document));
  document.addEventListener("htmx:afterRequest", () => free(document));

  // A refused answer to htmx: show its reasons above the page instead of nothing.
  document.addEventListener("htmx:responseError", (event) => {
    const answer = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
    const said = answer.querySelector("[data-reasons]")?.textContent.trim().replace(/\s+/g, " ");
    const notice = document.createElement("div"), text = document.createElement("p");
    notice.className = "notice";
    notice.dataset.state = "failed";
    text.textContent = said || `That didn’t work (${event.detail.xhr.status}). Load the page again and look.`;
    notice.append(text);
    document.getElementById("messages")?.replaceChildren(notice);
    const announce = document.getElementById("announce");
    if (announce) announce.textContent = text.textContent;
  });

  // A refused verb keeps its focus, so that its reason can be read; pressing it does nothing.
  document.addEventListener("click", (event) => {
    if (event.target.closest("[aria-disabled=true]")) event.preventDefault();
  }, true);

  // <input type="checkbox" data-select-all="request"> drives the others of that name in its form;
  // <strong data-count="request"> says how many are picked.
  const boxes = (form, name) => [...form.querySelectorAll(`input[type=checkbox][name="${CSS.escape(name)}"]:not(:disabled)`)];
  const recount = (form) => {
    for (const all of form.querySelectorAll("[data-select-all]")) {
      const of = boxes(form, all.dataset.selectAll), picked = of.filter((box) => box.checked).length;
      all.checked = of.length > 0 && picked === of.length;
      all.indeterminate = picked > 0 && picked < of.length;
    }
    for (const count of form.querySelectorAll("[data-count]")) {
      count.textContent = boxes(form, count.dataset.count).filter((box) => box.checked).length;
    }
  };
  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (!form) return;
    const name = event.target.dataset.selectAll;
    if (name) for (const box of boxes(form, name)) box.checked = event.target.checked;
    recount(form);
  });
  document.addEventListener("reset", (event) => setTimeout(() => recount(event.target)));
  for (const all of document.querySelectorAll("[data-select-all]")) {
    all.hidden = false;
    if (all.form) recount(all.form);
  }

  // <form data-warn-unsaved>: leaving with something typed asks first.
  let unsaved = false;
  document.addEventListener("input", (event) => { if (event.target.form?.hasAttribute("data-warn-unsaved")) unsaved = true; });
  document.addEventListener("submit", () => { unsaved = false; });
  window.addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });

  document.querySelector("[data-focus]")?.focus();
})();
