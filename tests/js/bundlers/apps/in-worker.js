const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })
worker.onmessage = ({ data }) => (globalThis.result = data)
worker.onerror = (event) => console.error(event.message)
worker.postMessage(new URL(location.href).searchParams.get('server'))
