// Bundles the app as React Native does: `node metro.js DIRECTORY TOOLS`. In its own process, since Metro keeps it alive.

import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const [, , dir, tools] = process.argv
const require = createRequire(join(tools, 'package.json'))
const Metro = require('metro')
const { getDefaultConfig, mergeConfig } = require('@react-native/metro-config')

/** Modules of React Native that call its native side. */
const NATIVE = ['NativeWebSocketModule', 'NativeEventEmitter', 'Blob', 'BlobManager', 'Platform']

const stub = (name) => join(dir, `stub-${name}.js`)
for (const name of NATIVE) writeFileSync(stub(name), `export { ${name} as default } from './runtimes/hermes/host.js'\n`)

const config = mergeConfig(getDefaultConfig(dir), {
  // The tools are installed in a parent directory.
  watchFolders: [tools],
  resolver: {
    resolveRequest(context, path, platform) {
      const name = path.split('/').at(-1)
      const isNative = NATIVE.includes(name) && context.originModulePath.includes('/react-native/Libraries/')
      return isNative ? { type: 'sourceFile', filePath: stub(name) } : context.resolveRequest(context, path, platform)
    },
  },
  reporter: { update() {} },
  cacheStores: [],
})
await Metro.runBuild(config, {
  entry: 'runtimes/hermes/app.js',
  out: join(dir, 'app.js'),
  platform: 'android',
  dev: false,
  minify: false,
})
process.exit()
