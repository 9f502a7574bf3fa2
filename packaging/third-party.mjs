// Prints what is linked into the program, and under which licences: node packaging/third-party.mjs [TARGET]
// Crates are found by `cargo metadata`, as the default features and the target need them; a text that several share is printed
// once. It ends with an error where a crate has neither a licence's name nor a text.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'

const target = process.argv[2] ?? 'x86_64-unknown-linux-gnu'
const metadata = JSON.parse(
  execFileSync('cargo', ['metadata', '--format-version', '1', '--locked', '--filter-platform', target], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  }),
)

// Sources of others that crates carry within them, and what the build adds.
const carried = [
  { of: 'whisper-rs-sys', folder: 'whisper.cpp', name: 'whisper.cpp and ggml' },
  { of: 'opusic-sys', folder: 'opus', name: 'Opus' },
]
const web = ['socket.io-client', 'uplot', '@fontsource/opendyslexic']

const packages = new Map(metadata.packages.map((it) => [it.id, it]))
const nodes = new Map(metadata.resolve.nodes.map((it) => [it.id, it]))

// What the program is linked with: no build scripts and no tests. A macro runs while it is compiled, and is not linked either.
function linked() {
  const seen = new Set()
  const open = [metadata.resolve.root]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (seen.has(id)) continue
    seen.add(id)
    for (const dependency of nodes.get(id).deps) {
      if (dependency.dep_kinds.some((it) => it.kind === null)) open.push(dependency.pkg)
    }
  }
  const isMacro = (it) => it.targets.some((target) => target.kind.includes('proc-macro'))
  const all = [...seen].map((id) => packages.get(id))
  return all.filter((it) => it.source !== null && !isMacro(it)).sort((a, b) => (a.name < b.name ? -1 : 1))
}

const texts = new Map()

function texted(folder, title) {
  const names = existsSync(folder) ? readdirSync(folder) : []
  const found = names.filter((it) => /^(licen[cs]e|copying|notice|copyright)([-._].*)?$/i.test(it)).sort()
  let count = 0
  for (const name of found) {
    let text
    try {
      text = readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n').trim()
    } catch {
      continue // a folder of that name
    }
    texts.set(text, [...(texts.get(text) ?? []), title])
    count += 1
  }
  return count
}

const lines = []
const missing = []
for (const it of linked()) {
  const title = `${it.name} ${it.version}`
  const folder = dirname(it.manifest_path)
  const found = texted(folder, title)
  if (found === 0 && !it.license) missing.push(title)
  lines.push(`${title}: ${it.license ?? 'see its text'}${it.repository ? `, ${it.repository}` : ''}`)
  for (const part of carried.filter((part) => part.of === it.name)) {
    lines.push(`${part.name}, in ${title}`)
    if (texted(join(folder, part.folder), part.name) === 0) missing.push(`${part.name} in ${title}`)
  }
}
for (const name of web) {
  const folder = join('web', 'node_modules', name)
  if (!existsSync(folder)) continue
  const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  lines.push(`${name} ${version}: ${license} (in the pages)`)
  texted(folder, `${name} ${version}`)
}

console.log('What is linked into livecap, and the pages that it carries.\n')
console.log(`${lines.join('\n')}\n`)
console.log("GCC's libstdc++ may be linked in too: GPL-3.0 with the GCC Runtime Library Exception.")
for (const [text, titles] of texts) {
  console.log(`\n${'='.repeat(100)}\n${titles.join(', ')}\n${'-'.repeat(100)}\n${text}`)
}
if (missing.length > 0) {
  console.error(`no licence is known of: ${missing.join(', ')}`)
  process.exit(1)
}
