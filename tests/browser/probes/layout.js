probe.scrollsSideways = () => document.documentElement.scrollWidth > document.documentElement.clientWidth;

// Whatever is cut off: text wider or higher than a box that hides the rest, or anything beyond the window's edge.
probe.cutOff = () => {
  const found = [];
  for (const element of document.body.querySelectorAll("*")) {
    if (!probe.isVisible(element) || element.matches(".skip-link, option")) continue;
    const style = getComputedStyle(element);
    // What can be scrolled to is not lost: the tabs of the header, whose links take the focus.
    if (element.closest("nav.tabs")) continue;
    const hides = style.display !== "inline" && style.overflow !== "visible";
    const tooWide = element.scrollWidth > element.clientWidth + 1;
    const tooHigh = element.scrollHeight > element.clientHeight + 1;
    if (hides && (tooWide || tooHigh)) found.push(`hides a part: ${probe.describe(element)}`);
    if (element.getBoundingClientRect().right > innerWidth + 1) found.push(`beyond the edge: ${probe.describe(element)}`);
  }
  return found;
};

// Boxes that overlap though neither holds the other: text over text.
probe.overlaps = () => {
  const texts = [...document.querySelectorAll("h1, h2, p, dt, dd, label, legend, pre, button, a, small, .state, .who")].filter(probe.isVisible)
    // Clipped by what they scroll in.
    .filter((element) => !element.closest("nav.tabs"));
  const found = [];
  texts.forEach((one, index) => {
    for (const other of texts.slice(index + 1)) {
      if (one.contains(other) || other.contains(one)) continue;
      const a = one.getBoundingClientRect();
      const b = other.getBoundingClientRect();
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      const inOneLine = getComputedStyle(one).display === "inline" || getComputedStyle(other).display === "inline";
      if (across > 1 && down > 1 && !inOneLine) found.push(`${probe.describe(one)} / ${probe.describe(other)}`);
    }
  });
  return found;
};

probe.lost = () => [
  ...(probe.scrollsSideways() ? ["the page scrolls sideways"] : []),
  ...probe.cutOff(),
  ...probe.overlaps().map((both) => `overlap: ${both}`),
];

// Pixels between the large parts of the page and the edge of the window.
probe.margins = () => [...document.querySelectorAll(".wrap > *")].map((part) => {
  const { left, right } = part.getBoundingClientRect();
  return { what: probe.describe(part), pixels: Math.min(left, innerWidth - right) };
});

// Text blocks that stand before their predecessor in the source: higher, or further left in the same line.
probe.outOfOrder = () => {
  const blocks = [...document.querySelectorAll("h1, h2, p, dt, dd, label, legend, pre, button, select, input:not([type=hidden]), small, .brand, nav, .who")]
    .filter((element) => probe.isVisible(element) && !element.closest(".visually-hidden"))
    .map((element) => [element, element.getBoundingClientRect()])
    .filter(([, box]) => box.width > 1);
  return blocks.slice(1).filter(([, box], index) => {
    const [, before] = blocks[index];
    const above = box.bottom <= before.top + 1;
    const sameLine = box.top < before.bottom && box.bottom > before.top;
    return (above && box.left < before.right) || (sameLine && box.right <= before.left + 1);
  }).map(([element]) => probe.describe(element));
};

probe.spreadText = () => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(
    "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }" +
    " p { margin-bottom: 2em !important }",
  );
  document.adoptedStyleSheets = [sheet];
};

probe.headingSize = () => parseFloat(getComputedStyle(document.querySelector("h1")).fontSize);

probe.doubleText = () => {
  document.documentElement.style.fontSize = "200%";
};
