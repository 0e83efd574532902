// Shows what the backend emits, and calls its commands.

const { core, event, window } = globalThis.__TAURI__
const [status, form, input, lines] = ['status', 'form', 'input', 'lines'].map((id) => document.getElementById(id))

function show(line) {
  const item = document.createElement('li')
  item.textContent = line
  lines.append(item)
}

await event.listen('chat', ({ payload: { kind, text } }) => {
  if (kind === 'status') status.textContent = text
  else show(text)
})

// The backend connects before the page is loaded, and may be open already.
status.textContent = await core.invoke('status')

form.addEventListener('submit', (event) => {
  event.preventDefault()
  core.invoke('send', { text: input.value })
  input.value = ''
})

document.getElementById('leave').addEventListener('click', () => window.getCurrentWindow().close())
