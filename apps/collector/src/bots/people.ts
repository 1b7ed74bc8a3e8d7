/** Phones and handhelds from before the smartphone, whose agents name hardware and profiles in any form. */
const PHONE =
  /profile\/midp|configuration\/cldc|up\.(?:browser|link)|obigo|netfront|docomo\/|kddi|softbank|j-phone|vodafone\/|willcom|ddipocket|blackberry|symbian|series[3468]0|maui|brew|palmos|palmsource|^nokia|^sonyericsson|^samsung-|^lg[-/]|^mot-|^sie-|^sagem|^sharp-|^sanyo|^zte|^alcatel|portalmmm|^panasonic|^nec-|kaios|openwave|teleca|polaris\/|dolfin|ovibrowser|opera mini/
/** Televisions, set-top boxes and consoles. */
const SCREEN =
  /hbbtv|smart-?tv|ce-html|\bdtv|net(?:cast|tv)|web0s|webos|bravia|viera|aquos|\broku|appletv|apple tv|crkey|google ?tv|opera tv|playstation|nintendo|xbox/
/** Browsers of text, of small systems, and those that people have read to them. */
const TEXT =
  /^(?:e?links|lynx|w3m|edbrowse|dillo|netsurf|emacs-w3m?|retawq|amaya|ibrowse|amiga-aweb|voyager|netpositive|icab|arachne|hotjava|contiki|browsh|webbie|offbyone|ncsa[ _]mosaic|cyberdog|omniweb)\b|textmode/
/** A page inside an app, which may name itself before the browser; and what phones give apps that name nothing. */
const IN_APP =
  /^(?:instagram|snapchat|facebook(?!external|bot|catalog|platform)|pinterest|twitter|tiktok|line) ?[\d/. ]+.*\((?:ip(?:hone|ad|od)|android)|^dalvik\/|cfnetwork\/[\d.]+ darwin\//
const BROWSER = /^(?:mozilla|opera|ucweb|juc|mqqbrowser|ucbrowser)[/ (]/
const ACCIDENT =
  /cubot|google ?(?:tv|t\d|toolbar|earth|chrome)|com\.google\.(?:googlemobile|android)|@(?:intigriti\.me|wearehackerone\.com|bugcrowdninja\.com)|[ ;]java\/?(?:vm|me)|scanpst|scansafe|downloadtoolbar/g

/** Old phones, televisions, text browsers and pages in apps: a person's, whatever the agent's punctuation. */
export function isDevice(agent: string): boolean {
  return PHONE.test(agent) || SCREEN.test(agent) || TEXT.test(agent) || IN_APP.test(agent)
}

/** Whether an agent begins as those of browsers do; every other program says of itself that it is none. */
export function isBrowser(agent: string): boolean {
  return BROWSER.test(agent)
}

/** An agent without the names of things that people have and that contain a machine's word: phones, toolbars, handles. */
export function withoutAccidents(agent: string): string {
  return agent.replace(ACCIDENT, '')
}
