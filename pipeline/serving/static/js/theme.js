/* Light, dark or as the system has it. Not a module, so that it runs before anything is drawn. */
"use strict";

(() => {
  const ORDER = ["system", "light", "dark"];
  const SIGNS = { system: "◐", light: "○", dark: "●" };
  const KEY = "theme";
  const root = document.documentElement;

  /** The choice of an earlier visit; storage may be forbidden. @returns {string} */
  function stored() {
    try {
      const theme = localStorage.getItem(KEY);
      return ORDER.includes(theme) ? theme : "system";
    } catch {
      return "system";
    }
  }

  /** @param {string} theme */
  function apply(theme) {
    root.dataset.theme = theme;
    const button = document.getElementById("theme");
    if (!button) return;
    button.textContent = SIGNS[theme];
    button.title = `Theme: ${theme}`;
    button.setAttribute("aria-label", button.title);
  }

  apply(stored());
  document.addEventListener("DOMContentLoaded", () => {
    apply(root.dataset.theme);
    document.getElementById("theme").addEventListener("click", () => {
      const next = ORDER[(ORDER.indexOf(root.dataset.theme) + 1) % ORDER.length];
      try {
        localStorage.setItem(KEY, next);
      } catch {
        // it holds for this visit
      }
      apply(next);
    });
  });
})();
