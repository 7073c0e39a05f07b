export const literal = (text) => `'${text.replaceAll("'", "''")}'`
export const ident = (name) => (/^[a-z_][a-z0-9_]*$/.test(name) && !reserved.has(name) ? name : `"${name.replaceAll('"', '""')}"`)
const reserved = new Set(['user', 'order', 'when', 'table', 'group', 'select', 'end', 'check'])

const texts = ['', 'a', 'b', 'A', ' ', 'é', "it's", '12', 'x y', '\\', 'abc'.repeat(30), '{"a": 1}', 'null', '2024-01-31']

const rangesOf = { int4range: 'integer', datemultirange: 'date' }

/** What a type is made of, as far as the state tells: an enum's labels, a domain's base, a composite's attributes, a range's subtype. */
export function shapeOf(state, type) {
  const element = type.replace('[]', '')
  const range = state.ranges.find((t) => t.names.includes(element))
  return {
    type,
    labels: state.enums.find((t) => t.q === element)?.labels,
    base: state.domains.find((t) => t.q === element)?.base,
    attrs: state.composites.find((t) => t.q === element)?.attrs.map((a) => ({ ...a, ...shapeOf(state, a.type) })),
    sub: range?.sub ?? rangesOf[element],
    multi: range ? range.names[1] === element : /multirange$/.test(element),
  }
}

/** A value of a type, or of a column of it, as text; null where there is none to be had. Extreme ones are as likely as ordinary ones. */
export function value(r, { type, labels, base, attrs, sub, multi }) {
  if (labels) {
    const label = r.pick(labels)
    return type.endsWith('[]') ? r.pick(['{}', `{${JSON.stringify(label)}}`]) : label
  }
  if (type.endsWith('[]') && type !== 'text[]') return '{}'
  if (attrs) return `(${attrs.map((a) => (r.chance(0.2) ? '' : field(value(r, a)))).join(',')})`
  if (sub) return multi ? r.pick(['{}', `{${span(r, sub)}}`]) : r.chance(0.1) ? 'empty' : span(r, sub)
  return plainValue(r, base ?? type)
}

const field = (text) => (text === null ? '' : `"${text.replace(/["\\]/g, '$&$&')}"`)

// Bounds in their order, whatever the type compares by.
function span(r, type) {
  const [low, high] = { integer: [['-5', '0', '3'], ['4', '9', '2000000']], date: [['2024-02-29', '1970-01-01'], ['2026-12-31']], text: [['', 'a'], ['b', 'c']] }[type] ?? [['-1.5', '0'], ['1', '2.25']]
  return r.pick(['[', '(']) + r.pick(['', ...low]) + ',' + r.pick(['', ...high]) + r.pick([')', ']'])
}

function plainValue(r, type) {
  const modifiers = /\((\d+)(?:,(\d+))?\)/.exec(type)?.slice(1).map(Number)
  switch (type.replace(/\(.*\)/, '')) {
    case 'smallint':
      return r.pick(['0', '1', '-1', '32767', '-32768', String(r.below(9))])
    case 'integer':
      return r.pick(['0', '1', '-1', '2147483647', '-2147483648', String(r.below(9)), '40000'])
    case 'bigint':
      return r.pick(['0', '1', '-1', '9223372036854775807', '-9223372036854775808', String(r.below(9)), '5000000000'])
    case 'numeric': {
      if (!modifiers) return r.pick(['0', '1.50', '-1', '1e30', '0.0000001', 'NaN'])
      const [precision, scale] = modifiers
      const most = `${'9'.repeat(precision - scale) || '0'}${scale ? `.${'9'.repeat(scale)}` : ''}`
      return r.pick(['0', '1', most, `-${most}`, '0.5'])
    }
    case 'double precision':
      return r.pick(['0', '-0', '0.1', 'NaN', 'Infinity', '1e308', '3'])
    case 'text':
      return r.pick(texts)
    case 'character varying':
      return [...r.pick(texts)].slice(0, modifiers?.[0] ?? 99).join('')
    case 'timestamp with time zone':
      return r.pick(['2024-02-29 12:30:00+00', '1970-01-01 00:00:00+00', 'infinity', '-infinity', '2026-03-29 01:30:00.123456+00'])
    case 'date':
      return r.pick(['2024-02-29', '1970-01-01', 'infinity', '2026-12-31'])
    case 'boolean':
      return r.pick(['true', 'false'])
    case 'uuid':
      return r.chance(0.5)
        ? '00000000-0000-0000-0000-000000000000'
        : `00000000-0000-4000-8000-${String(r.below(1e6)).padStart(12, '0')}`
    case 'jsonb':
      return r.pick(['{}', '[]', 'null', '{"a": 1}', '{"a": "x"}', '"x"', '1'])
    case 'text[]':
      return r.pick(['{}', '{a}', '{a,NULL}', '{a,b,c}'])
    default:
      return null
  }
}
