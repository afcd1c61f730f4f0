// Shows the API description with Swagger UI.
const place = document.querySelector("[data-description]");
fetch(place.dataset.description)
  .then((answer) => answer.json())
  .then((description) => {
    // Requests go to the host that the page was opened at: the content security policy allows no other.
    delete description.servers;
    SwaggerUIBundle({
      domNode: place,
      spec: description,
      deepLinking: true,
      // The contrast of numbers in the default theme is too low.
      syntaxHighlight: { theme: "obsidian" },
      // Otherwise Swagger UI sends the description to an online validator.
      validatorUrl: null,
      // The list of routes is long enough without all the schemas below it.
      defaultModelsExpandDepth: 0,
    });
  });
