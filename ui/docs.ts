/** Shows the contract that the page names (`data-contract`) in Swagger UI. */
declare const SwaggerUIBundle: (options: Record<string, unknown>) => unknown;

// Swagger UI has a dark look of its own, but does not ask the system for it
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

const place = document.getElementById("calls");
if (place) {
  SwaggerUIBundle({
    url: place.dataset["contract"],
    domNode: place,
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    tryItOutEnabled: true,
    validatorUrl: null,
  });
}
