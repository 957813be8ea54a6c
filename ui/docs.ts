/** Shows the contract that the page names (`data-contract`) in Swagger UI. */
declare const SwaggerUIBundle: (options: Record<string, unknown>) => unknown;

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
