// Each chart's content stands behind its place; its type takes the colour that the page has, light or dark.
function draw() {
  const ink = getComputedStyle(document.body).color;
  for (const place of document.querySelectorAll(".chart")) {
    const { data, layout } = JSON.parse(place.nextElementSibling.textContent);
    layout.template.layout.font.color = ink;
    Plotly.react(place, data, layout, { responsive: true, displayModeBar: false });
  }
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
draw();
