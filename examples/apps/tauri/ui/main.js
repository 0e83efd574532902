// Shows what the backend emits, and calls its commands.

const { core, event, window } = globalThis.__TAURI__
const [status, form, input, lines] = ['status', 'form', 'input', 'lines'].map((id) => document.getElementById(id))

function show(line) {
  const item = document.createElement('li')
  item.textContent = line
  lines.append(item)
}

let isKnown = false
await event.listen('chat', ({ payload: { kind, text } }) => {
  if (kind !== 'status') return show(text)
  isKnown = true
  status.textContent = text
})

// The backend connects before the page is loaded, and may be open already. An event that comes first is newer.
const now = await core.invoke('status')
if (!isKnown) status.textContent = now

form.addEventListener('submit', (event) => {
  event.preventDefault()
  core.invoke('send', { text: input.value })
  input.value = ''
})

document.getElementById('leave').addEventListener('click', () => window.getCurrentWindow().close())
