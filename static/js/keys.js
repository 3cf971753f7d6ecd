// Keys: / searches, g and a letter goes to a page of the navigation, ? shows them, Esc closes what is open.
(() => {
  "use strict";
  const dialog = document.getElementById("keys");
  const places = new Map();

  // A page may name its letter; else it is the first letter of its name that is still free.
  for (const link of document.querySelectorAll("#nav a[href]")) {
    const name = link.firstChild.textContent.trim();
    const letter = link.dataset.key || [...name.toLowerCase()].find((one) => /[a-z]/.test(one) && !places.has(one));
    if (letter) places.set(letter, { url: link.href, name });
  }

  const key = (text) => Object.assign(document.createElement("kbd"), { textContent: text });
  const list = document.querySelector("[data-keys]");
  for (const [letter, place] of list ? places : []) {
    const row = document.createElement("div"), keys = document.createElement("span"), name = document.createElement("span");
    keys.append(key("g"), " ", key(letter));
    name.textContent = place.name;
    row.append(keys, name);
    list.append(row);
  }

  const writing = (element) => element.closest("input, textarea, select, [contenteditable]") !== null;
  let going = 0;

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const open = document.querySelector("details.popover[open]");
      if (open) { open.open = false; open.querySelector("summary").focus(); }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || writing(event.target) || dialog?.open) return;
    if (Date.now() - going < 1500) {
      going = 0;
      const place = places.get(event.key.toLowerCase());
      if (place) { event.preventDefault(); location.assign(place.url); }
      return;
    }
    if (event.key === "/") {
      const search = [...document.querySelectorAll("input[type=search]")].find((one) => one.offsetParent);
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    } else if (event.key === "g") going = Date.now();
    else if (event.key === "?" && dialog) dialog.showModal();
  });

  document.addEventListener("click", (event) => {
    for (const open of document.querySelectorAll("details.popover[open]")) {
      if (!open.contains(event.target)) open.open = false;
    }
    if (event.target === dialog) dialog.close();
  });
})();
