// Finds elements, and writes text only if it has changed.

export function element<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id)
  if (!found) throw new Error(`the page has no #${id}`)
  return found as T
}

export function write(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text
}

/** Returns the value of a number field, or its minimum if it is empty. */
export function numberIn(id: string): number {
  const field = element<HTMLInputElement>(id)
  return Number.isNaN(field.valueAsNumber) ? Number(field.min) : field.valueAsNumber
}
