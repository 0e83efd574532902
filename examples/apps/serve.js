// Serves the page of an app on loopback, and the server that it connects to. `cargo xtask app NAME` calls it with the app's name and
// the directory of its module.

import { fileServer, testServer } from '../../tests/js/support/server.js'

const [name, module] = process.argv.slice(2)
const { control } = await testServer()
const port = Number(await (await fetch(`${control}/start`)).text())
const page = `/examples/apps/${name}/`
const files = await fileServer({}, { mounts: { [`${page}pkg/`]: module }, webSockets: port })
console.log(`The page is at ${files.url}${page}index.html (stop it with Ctrl-C)`)
console.log(`To end its connection and refuse others: curl ${control}/${port}/stop`)
console.log(`To accept it again:                      curl ${control}/${port}/restart`)
