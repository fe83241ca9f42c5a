// SPDX-License-Identifier: Apache-2.0

/** A drawn dashboard. */
export interface Picture {
  uid: string;
  title: string;
  svg: string;
}

/** One page with all pictures, which loads nothing from anywhere. @param about - what the data are of */
export function picturePage(pictures: readonly Picture[], about: string): string {
  const links = pictures.map(({ uid, title }) => `<a href="#${uid}">${escape(title)}</a>`);
  return `${[
    "<!doctype html>",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width">',
    "<title>Dashboards</title>",
    "<style>",
    "body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem; color: #222 }",
    "nav a { margin-right: 1.5em } section { margin-top: 2.5rem } svg { max-width: 100%; height: auto }",
    "</style>",
    "</head>",
    "<body>",
    "<h1>Dashboards</h1>",
    `<p>${escape(about)}</p>`,
    `<nav>${links.join(" ")}</nav>`,
    ...pictures.map(({ uid, svg }) => `<section id="${uid}">${svg}</section>`),
    "</body>",
    "</html>",
  ].join("\n")}\n`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
