probe.title = () => document.title;
probe.language = () => document.documentElement.lang;
probe.mainHeadings = () => [...document.querySelectorAll("h1")].map((heading) => heading.innerText);

probe.headings = () => [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].map((element) => Number(element.tagName[1]));

// Text that looks like a heading (larger than the text around it) and is none.
// A value, such as a code to compare, may be large.
probe.falseHeadings = () => {
  const plain = parseFloat(getComputedStyle(document.body).fontSize);
  return [...document.querySelectorAll("main *")]
    .filter((element) => [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()))
    .filter((element) => parseFloat(getComputedStyle(element).fontSize) > plain && !element.closest("h1, h2, h3, dd"))
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

probe.menu = () => [...document.querySelectorAll("header :is(a, button)")].filter((element) => !element.closest(".org")).map((element) => element.textContent.trim());
