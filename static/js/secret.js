// A browser may keep a page in memory to show it again on "back". A key is not shown again.
addEventListener("pagehide", () => {
  for (const element of document.querySelectorAll("[data-secret]")) {
    element.textContent = "(shown once)";
  }
});
