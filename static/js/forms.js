// Comfort for forms that work without it: no double submit, select all, a warning before typed text is lost.
(() => {
  "use strict";

  // <p data-keeps>: its form is kept by the server while somebody types.
  const keeps = (event) => event.target.hasAttribute("data-keeps");

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
  document.addEventListener("htmx:afterRequest", (event) => { if (!keeps(event)) free(document); });

  // A refused answer to htmx: show its reasons above the page instead of nothing.
  document.addEventListener("htmx:responseError", (event) => {
    const answer = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
    const said = answer.querySelector("[data-reasons]")?.textContent.trim().replace(/\s+/g, " ");
    const notice = document.createElement("div"), text = document.createElement("p");
    notice.className = "notice";
    notice.dataset.state = "failed";
    const messages = document.getElementById("messages");
    text.textContent = said || messages?.dataset.failed;
    notice.append(text);
    messages?.replaceChildren(notice);
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

  // <form data-warn-unsaved>: leaving with something typed asks first, unless all of it is kept.
  let typed = 0, sent = 0, safe = 0;
  document.addEventListener("input", (event) => { if (event.target.form?.hasAttribute("data-warn-unsaved")) typed += 1; });
  document.addEventListener("submit", () => { safe = typed; });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!keeps(event)) return;
    if (event.target.closest("form")?.dataset.sent) event.preventDefault(); // it is being saved
    else sent = typed;
  });
  document.addEventListener("htmx:afterRequest", (event) => { if (keeps(event) && event.detail.successful) safe = sent; });
  window.addEventListener("beforeunload", (event) => { if (typed > safe) event.preventDefault(); });

  // The same words again are not read out again.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (keeps(event) && event.target.textContent === event.detail.xhr.responseText) event.detail.shouldSwap = false;
  });

  document.querySelector("[data-focus]")?.focus();
})();
