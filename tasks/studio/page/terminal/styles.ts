/**
 * xterm writes style elements and style attributes, which the page's policy forbids to everybody. What it writes becomes sheets and
 * properties that a script may set: the policy need not be wider for it.
 */
export function allowStyles(): void {
  const create = document.createElement.bind(document);
  const made = (name: string, options?: ElementCreationOptions): HTMLElement => {
    // Even an empty style element would be refused.
    const element = create(name === 'style' ? 'template' : name, options);
    if (name === 'style') asSheet(element);
    else if (name === 'span') asProperties(element);
    return element;
  };
  document.createElement = made as typeof document.createElement;
}

function asSheet(element: HTMLElement): void {
  const sheet = new CSSStyleSheet();
  const remove = element.remove.bind(element);
  document.adoptedStyleSheets.push(sheet);
  Object.defineProperty(element, 'textContent', {
    get: () => '',
    set: (text: string) => sheet.replaceSync(text),
  });
  element.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet);
    remove();
  };
}

function asProperties(element: HTMLElement): void {
  const set = element.setAttribute.bind(element);
  element.setAttribute = (name, value) => {
    if (name === 'style') element.style.cssText = value;
    else set(name, value);
  };
}
