// Compiled with the frameworks' types, not run.

import { HomingSocket } from 'homing'
import { messages, type Snapshot, store } from 'homing/store'
import { type Observable, from as observe } from 'rxjs'
import { from as signal } from 'solid-js'
import type { Readable } from 'svelte/store'
import { type ShallowRef, shallowRef } from 'vue'

const socket = new HomingSocket('wss://example.org')
export const rxjs: Observable<Snapshot> = observe(store(socket))
export const lines: Observable<string> = observe(messages(socket))
export const solid: () => Snapshot | undefined = signal(store(socket))
export const svelte: Readable<Snapshot> = store(socket)
export const vue: ShallowRef<Snapshot> = shallowRef(store(socket).getSnapshot())
export const stop: () => void = store(socket).subscribe((snapshot) => (vue.value = snapshot))
