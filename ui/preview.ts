/**
 * Shows the widget that the generator's form describes, as it is written. It is the same script as on a
 * company's page, from here; its Send posts nothing.
 */
const form = document.querySelector<HTMLFormElement>("form[data-preview]");
const global = window as unknown as { SplitsWidget?: string; sw?: ((...command: unknown[]) => void) & { q?: unknown[] } };

if (form) {
  const queue: unknown[] = [];
  global.SplitsWidget = "sw";
  global.sw = Object.assign((...command: unknown[]) => void queue.push(command), { q: queue });
  const script = document.createElement("script");
  script.id = "sw";
  script.src = "/widget.js";
  document.head.append(script);

  const show = (): void => {
    const { type, label } = Object.fromEntries(new FormData(form)) as Record<string, string>;
    const said = Object.fromEntries(Object.entries({ type, label }).filter(([, value]) => value));
    global.sw?.("init", { companyId: form.dataset["preview"], target: "#preview", preview: true, ...said });
  };
  form.addEventListener("input", show);
  show();
}
