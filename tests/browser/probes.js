// What tests ask a page about itself. Runs before the page's own scripts.
const probe = {};
window.probe = probe;

// What our own scripts listen to; what the tests' tools listen to comes from elsewhere.
const listeners = [];
probe.listeners = () => listeners;
const listen = EventTarget.prototype.addEventListener;
EventTarget.prototype.addEventListener = function (type, ...rest) {
  const name = this === window ? "window" : this.tagName?.toLowerCase() ?? this.constructor.name;
  if (new Error().stack.includes("/static/")) listeners.push(`${type} on ${name}`);
  return listen.call(this, type, ...rest);
};

const FOCUSABLE = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";

probe.describe = (element) =>
  `${element.tagName.toLowerCase()} ${(element.id || element.name || element.textContent).trim().replace(/\s+/g, " ").slice(0, 60)}`;

probe.isVisible = (element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest(".visually-hidden");

probe.controls = () => [...document.querySelectorAll(FOCUSABLE)].filter(probe.isVisible);

probe.focusable = () => probe.controls().map(probe.describe);

// Colours: [red, green, blue], opaque; a transparent background shows what lies behind it.
const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
const luminance = (rgb) => {
  const [r, g, b] = rgb.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const [r, g, b, alpha = 1] = channels(getComputedStyle(at).backgroundColor);
    if (alpha === 1) return [r, g, b];
  }
  return matchMedia("(prefers-color-scheme: dark)").matches ? [0, 0, 0] : [255, 255, 255];
};
const contrast = (one, other) => {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
};
const opaque = (colour) => channels(colour).slice(0, 3);

probe.textContrast = (element) => contrast(opaque(getComputedStyle(element).color), behind(element));

// The stop of the Tab key where the focus is now; null when it is outside of the page's content.
probe.focusStop = () => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  const top = document.elementFromPoint(box.x + box.width / 2, box.y + Math.min(box.height / 2, 10));
  return {
    what: probe.describe(element),
    outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
    contrast: contrast(opaque(style.outlineColor), behind(element.parentElement)),
    covered: !(top && (element.contains(top) || top.contains(element))),
    text: probe.visibleText(),
  };
};

// When the Tab key is let go, the focus has moved and its new place is in view.
probe.recordTabStops = () => {
  const stops = [];
  probe.tabStops = () => stops;
  addEventListener("keyup", ({ key }) => key === "Tab" && stops.push(probe.focusStop()), true);
};

probe.smallTargets = () => {
  const inText = (element) =>
    element.matches("a") && getComputedStyle(element).display === "inline" && element.parentElement.matches("p, li, dd, h2");
  const alone = (element) => element.parentElement.textContent.trim() === element.textContent.trim();
  return probe.controls().filter((element) => {
    const { width, height } = element.getBoundingClientRect();
    return (width < 24 || height < 24) && !(inText(element) && !alone(element));
  }).map(probe.describe);
};

// Whatever is cut off: text wider or higher than a box that hides the rest, or anything beyond the window's edge.
probe.cutOff = () => {
  const found = [];
  for (const element of document.body.querySelectorAll("*")) {
    if (!probe.isVisible(element) || element.matches(".skip-link, option")) continue;
    const style = getComputedStyle(element);
    const hides = style.display !== "inline" && style.overflow !== "visible";
    const tooWide = element.scrollWidth > element.clientWidth + 1;
    const tooHigh = element.scrollHeight > element.clientHeight + 1;
    if (hides && (tooWide || tooHigh)) found.push(`hides a part: ${probe.describe(element)}`);
    if (element.getBoundingClientRect().right > innerWidth + 1) found.push(`beyond the edge: ${probe.describe(element)}`);
  }
  return found;
};

const pointable = () =>
  [...document.querySelectorAll("main :is(a, button), header :is(a, button)")]
    .filter((element) => element.checkVisibility({ visibilityProperty: true }) && element.getBoundingClientRect().width);

// Where to point at each. A link may run over two lines: the middle of the first.
probe.pointable = () => pointable().map((element) => {
  const { x, y, width, height } = element.getClientRects()[0];
  return [x + width / 2, y + height / 2];
});

probe.pointedAt = (number) => {
  const element = pointable()[number];
  return { what: probe.describe(element), hovered: element.matches(":hover"), contrast: probe.textContrast(element), text: probe.visibleText() };
};

probe.height = () => Math.max(innerHeight, document.documentElement.scrollHeight);

probe.scrollsSideways = () => document.documentElement.scrollWidth > document.documentElement.clientWidth;

// Boxes that overlap though neither holds the other: text over text.
probe.overlaps = () => {
  const texts = [...document.querySelectorAll("h1, h2, p, dt, dd, label, legend, pre, button, a, small, .badge, .who")].filter(probe.isVisible);
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
probe.margins = () => [...document.querySelectorAll("header > *, main > *")].map((part) => {
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

// Parts of controls that one must see to know them, against what is beside them.
probe.faintParts = () => {
  const faint = [];
  const check = (element, part, colour, beside) => {
    const ratio = contrast(opaque(colour), beside);
    if (ratio < 3) faint.push(`${part} of ${probe.describe(element)}: ${ratio.toFixed(2)}`);
  };
  for (const element of document.querySelectorAll("input:not([type=hidden]), select")) {
    const style = getComputedStyle(element);
    check(element, "border", style.borderTopColor, behind(element.parentElement));
    const stroke = decodeURIComponent(style.backgroundImage).match(/stroke='(rgb\([^)]*\)|#\w+)'/)?.[1];
    if (style.backgroundImage !== "none" && !(stroke ?? "").startsWith("rgb")) faint.push(`unread picture of ${probe.describe(element)}`);
    else if (stroke) check(element, "picture", stroke, behind(element));
  }
  for (const element of document.querySelectorAll("button:not(.outline), .button")) {
    if (probe.isVisible(element)) check(element, "surface", getComputedStyle(element).backgroundColor, behind(element.parentElement));
  }
  return faint;
};

probe.visibleText = () => document.body.innerText;

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
  return pointerIsAway;
};

// Elements that only some people could see, hear or stop.
probe.pictures = () => [...document.querySelectorAll("img, picture, svg, canvas, input[type=image]")].map(probe.describe);
probe.media = () => [...document.querySelectorAll("audio, video, embed, object, iframe, track")].map(probe.describe);
probe.moving = () => [
  ...document.getAnimations().map((animation) => animation.animationName ?? animation.transitionProperty),
  ...[...document.querySelectorAll("marquee, blink, progress, meta[http-equiv=refresh], [aria-busy=true]")].map(probe.describe),
];

probe.title = () => document.title;
probe.language = () => document.documentElement.lang;
const innerTexts = (selector) => [...document.querySelectorAll(selector)].map((element) => element.innerText);
probe.mainHeadings = () => innerTexts("h1");
probe.badges = () => innerTexts(".badge");
probe.draggedOrByShortcut = () => [...document.querySelectorAll("[draggable=true], [accesskey]")].map(probe.describe);

probe.headings = () => [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].map((element) => Number(element.tagName[1]));

// Text that looks like a heading (larger than the text around it) and is none.
probe.falseHeadings = () => {
  const plain = parseFloat(getComputedStyle(document.body).fontSize);
  return [...document.querySelectorAll("main *")]
    .filter((element) => [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()))
    .filter((element) => parseFloat(getComputedStyle(element).fontSize) > plain && !element.closest("h1, h2, h3"))
    .map(probe.describe);
};

// Every field with what names and describes it.
probe.fields = () => [...document.querySelectorAll("input:not([type=hidden]), select, textarea")].filter(probe.isVisible).map((field) => ({
  name: field.name,
  label: [...field.labels].filter(probe.isVisible).map((label) => label.innerText.trim()).join(" "),
  group: field.closest("fieldset")?.querySelector("legend")?.innerText ?? null,
  described: (field.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean).every((id) => document.getElementById(id)?.innerText.trim()),
  type: field.type,
  autocomplete: field.autocomplete,
}));

probe.links = () => [...document.querySelectorAll("a[href]")].map((link) => ({
  text: link.textContent.trim().replace(/\s+/g, " "),
  target: link.href,
  underlined: getComputedStyle(link).textDecorationLine.includes("underline"),
  inText: Boolean(link.closest("main")) && !link.matches(".button"),
}));

probe.menu = () => [...document.querySelectorAll("header :is(a, button)")].map((element) => element.textContent.trim());

// What one reads on a control, and what it is called; axe must be there.
probe.seenAndCalled = () => {
  axe.setup(document);
  const found = probe.controls().filter((element) => element.matches("a, button")).map((element) => {
    const seen = element.cloneNode(true);
    seen.querySelectorAll(".visually-hidden").forEach((hidden) => hidden.remove());
    return { seen: seen.textContent.trim(), called: axe.commons.text.accessibleText(element) };
  });
  axe.teardown();
  return found;
};
