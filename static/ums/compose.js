// Shows title and text on the phone while they are written. The page works without it.
(() => {
  for (const target of document.querySelectorAll("[data-preview]")) {
    const source = document.querySelector(`[name="${target.dataset.preview}"]`);
    if (!source) {
      continue;
    }
    const empty = target.dataset.preview === "text" ? "…" : "";
    const show = () => {
      target.textContent = source.value || empty;
    };
    source.addEventListener("input", show);
    show(); // a browser may have kept what was written before a reload
  }
})();
