"use strict";
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const one = (selector, within = document) => within.querySelector(selector);

  // Every block that is worth taking away gets a button; without a script it can still be selected.
  const say = (text) => { const live = one("#live"); if (live) live.textContent = text; };
  const copy = async (text) => {
    try { await navigator.clipboard.writeText(text); return true; } catch { /* older, or a file: page */ }
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  };
  for (const block of all("[data-copy]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.setAttribute("aria-label", `Copy ${block.dataset.copy}`);
    button.addEventListener("click", async () => {
      const done = await copy(block.textContent.replace(/\n$/, ""));
      button.textContent = done ? "Copied" : "Select it";
      say(done ? "Copied" : "Could not copy");
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
    block.parentElement.append(button);
  }

  // A link to a row or to evidence opens what holds it, and takes away a filter that hides it.
  const form = one("#filter");
  const reveal = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    if (id.startsWith("?")) { if (form) restore(new URLSearchParams(id.slice(1))); return; }
    const target = id && document.getElementById(id);
    if (!target) return;
    if (target.hidden && form) { choose(new URLSearchParams()); apply(); }
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    const inner = one(":scope > details", target);
    if (inner) inner.open = true;
    target.scrollIntoView();
  };

  const rows = all(".rows > li");
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const fields = form ? [...form.elements].filter((field) => field.name) : [];
  const state = () => {
    const chosen = new URLSearchParams();
    for (const field of fields) {
      if (field.type === "checkbox" ? field.checked : field.value) chosen.append(field.name, field.value);
    }
    return chosen;
  };
  const apply = () => {
    const chosen = state();
    const verdicts = chosen.getAll("verdict");
    const words = (chosen.get("text") || "").toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, index) => {
      const { v, s, o } = row.dataset;
      const operation = chosen.get("operation");
      const fits = (!verdicts.length || verdicts.includes(v))
        && (!chosen.get("stance") || chosen.get("stance") === s)
        && (!operation || o.split(" ").includes(operation))
        && words.every((word) => texts[index].includes(word));
      row.hidden = !fits;
      if (fits) shown += 1;
    });
    one("#shown").textContent = `${shown} of ${rows.length} shown`;
    one("#nothing").hidden = shown > 0;
    return chosen;
  };
  const choose = (chosen) => {
    for (const field of fields) {
      if (field.type === "checkbox") field.checked = chosen.getAll(field.name).includes(field.value);
      else field.value = chosen.get(field.name) || "";
    }
  };
  const restore = (chosen) => {
    choose(chosen);
    apply();
    one("#requirements").scrollIntoView();
  };
  if (form) {
    form.hidden = false;
    const changed = () => {
      const chosen = apply().toString();
      try { history.replaceState(null, "", chosen ? `#?${chosen}` : "#requirements"); } catch { /* not from here */ }
    };
    form.addEventListener("input", changed);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(changed));
    document.addEventListener("keydown", (event) => {
      const typing = event.target.matches("input, select, textarea");
      if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        one("#text").focus();
      }
    });
    apply();
  }

  // Paper has nothing to click on.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = all(".finding details:not([open]):not(.script)");
    for (const part of opened) part.open = true;
  });
  addEventListener("afterprint", () => { for (const part of opened) part.open = false; });
  addEventListener("hashchange", reveal);
  reveal();
})();
