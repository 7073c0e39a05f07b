/** Reading the archives that PGlite's `dumpDataDir` makes. */

const BLOCK = 512
const ascii = new TextDecoder('latin1')

/**
 * The members of an archive, each with its header as it stands there.
 * @param {Uint8Array} tar
 * @returns {{ name: string, bytes: Uint8Array }[]}
 */
export function members(tar) {
  const found = []
  let at = 0
  while (at + BLOCK <= tar.length && tar[at] !== 0) {
    const field = (start, end) => ascii.decode(tar.subarray(at + start, at + end)).replace(/\0[^]*$/, '')
    const size = Number.parseInt(field(124, 136), 8)
    const end = at + BLOCK + Math.ceil(size / BLOCK) * BLOCK
    if (field(257, 262) !== 'ustar' || !(end <= tar.length)) throw new Error('It is not an archive, or not all of one.')
    found.push({ name: field(0, 100), bytes: tar.subarray(at, end) })
    at = end
  }
  return found
}

/**
 * @param {{ bytes: Uint8Array }[]} kept
 * @returns {Uint8Array}
 */
export function archive(kept) {
  const size = kept.reduce((sum, { bytes }) => sum + bytes.length, 0)
  // Two empty blocks end an archive.
  const tar = new Uint8Array(size + 2 * BLOCK)
  let at = 0
  for (const { bytes } of kept) {
    tar.set(bytes, at)
    at += bytes.length
  }
  return tar
}
