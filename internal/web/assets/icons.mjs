// The pictures that pages draw in place, by their names in bootstrap-icons.
export default [
  'arrow-clockwise', 'check-circle-fill', 'circle-half', 'copy', 'download', 'exclamation-circle-fill',
  'eye', 'fingerprint', 'person', 'plus-lg', 'printer', 'shield-check', 'shield-lock',
]
