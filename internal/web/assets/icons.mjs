// The pictures that pages draw in place, by their names in bootstrap-icons.
export default [
  'arrow-clockwise', 'check-circle-fill', 'circle-half', 'copy', 'download', 'exclamation-circle-fill',
  'eye', 'person', 'plus-lg', 'shield-check', 'shield-lock',
]
