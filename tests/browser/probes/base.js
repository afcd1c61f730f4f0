// What tests ask a page about itself, a file a topic. They run before the page's own scripts, this one first.
const probe = {};
window.probe = probe;

const FOCUSABLE = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";

probe.describe = (element) =>
  `${element.tagName.toLowerCase()} ${(element.id || element.name || element.textContent).trim().replace(/\s+/g, " ").slice(0, 60)}`;

// Also hidden from the eye: the email address in the header of a phone.
const isClipped = (element) => getComputedStyle(element).clipPath === "inset(50%)";
probe.isVisible = (element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest(".visually-hidden") && !isClipped(element);

probe.controls = () => [...document.querySelectorAll(FOCUSABLE)].filter(probe.isVisible);

probe.focusable = () => probe.controls().map(probe.describe);

probe.visibleText = () => document.body.innerText;
// Without the heads of tables: in a narrow window each cell says what it is.
probe.content = () => {
  const heads = [...document.querySelectorAll("main thead")].filter((head) => head.offsetParent !== null);
  const text = heads.reduce((rest, head) => rest.replace(head.innerText, ""), document.body.innerText);
  return text.replace(/\s+/g, " ").trim();
};
