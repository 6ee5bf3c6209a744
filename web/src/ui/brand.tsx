/** Brand is the name of the house, and the way home. */
export function Brand() {
  return (
    <a href="/" class="brand" aria-label="vsay, to the machines">
      <svg
        aria-hidden="true"
        width="22"
        height="22"
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        stroke-width="2.5"
      >
        <path d="M4 5l8 7-8 7M13 20h8" stroke-linecap="round" stroke-linejoin="round" />
      </svg>
      vsay
    </a>
  );
}
