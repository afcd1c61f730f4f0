const pixels = (element) => parseFloat(getComputedStyle(element).fontSize);
const mainControls = (selector) => [...document.querySelector("main").querySelectorAll(selector)].filter(probe.isVisible);

probe.sizes = () => ({
  body: pixels(document.body),
  heading: pixels(document.querySelector("h1")),
  // Small buttons beside facts are lower.
  controls: mainControls("button:not(.small), .button, input:not([type=checkbox], [type=hidden]), select")
    .map((element) => ({ what: probe.describe(element), height: Math.round(element.getBoundingClientRect().height) })),
});

// The mark in the header has the accent colour.
probe.accentButtons = () => {
  const accent = getComputedStyle(document.querySelector(".brand .icon")).color;
  return mainControls("button, .button").filter((element) => getComputedStyle(element).backgroundColor === accent).map(probe.describe);
};
