/** Everything there is to see. */
export function App() {
  return (
    <main>
      <h1>vsay</h1>
    </main>
  );
}
