/** The page that follows "print" opens the printer's dialogue by itself; reloading it does not. */

addEventListener("load", () => {
  const asked = new URL(location.href);
  asked.searchParams.delete("copy");
  print();
  history.replaceState(null, "", asked);
});
