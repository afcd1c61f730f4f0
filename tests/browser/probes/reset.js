let focusWasMoved = true;
addEventListener("focusin", () => { focusWasMoved = true; }, true);

let pointerIsAway = true;
addEventListener("mousemove", ({ clientX, clientY }) => { pointerIsAway = clientX > 0 || clientY > 0; }, true);

// Undoes what a check did to the page, and says whether the pointer is to be moved back into the corner.
probe.reset = () => {
  if (document.adoptedStyleSheets.length) document.adoptedStyleSheets = [];
  document.documentElement.style.fontSize = "";
  if (focusWasMoved) {
    // Tab begins after what had the focus last: from the top.
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute("tabindex");
    focusWasMoved = false;
  }
  scrollTo(0, 0);
  const wasAway = pointerIsAway;
  pointerIsAway = false;
  return wasAway;
};
