// Streamlit calls the default export for every new figure, always with the same parent element.

let plotly;

// Retries if the server does not answer, so that a page survives a restart of the server.
function addScript(address, done) {
  const script = document.createElement("script");
  script.src = address;
  script.onload = done;
  script.onerror = () => setTimeout(addScript, 1000, address, done);
  document.head.append(script);
}

function addChart(parent) {
  const chart = document.createElement("div");
  chart.className = "live-chart";
  chart.role = "figure";
  chart.style.height = "100%";
  parent.append(chart);
  // Plotly watches only the window, but a column also resizes with the sidebar. Without a width it has been removed.
  new ResizeObserver(() => chart.clientWidth && chart.data && Plotly.Plots.resize(chart)).observe(chart);
  return chart;
}

export default async function ({ data, parentElement }) {
  const chart = parentElement.querySelector(".live-chart") ?? addChart(parentElement);
  chart.ariaLabel = data.alt;
  plotly ??= new Promise((done) => addScript(data.script, done));
  await plotly;

  const theme = (name) => getComputedStyle(parentElement).getPropertyValue(`--st-${name}`);
  const { data: traces, layout } = JSON.parse(data.figure);
  const { width, height, ...own } = layout;
  await Plotly.react(
    chart,
    traces,
    {
      ...own,
      autosize: true,
      font: { family: theme("font"), ...own.font },
      hoverlabel: {
        bgcolor: theme("background-color"),
        bordercolor: theme("border-color"),
        font: { color: theme("text-color") },
        ...own.hoverlabel,
      },
    },
    { displayModeBar: false },
  );
}
