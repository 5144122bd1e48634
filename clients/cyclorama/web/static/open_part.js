// The parts below the ad, of which one is open at a time, so that the page stays short.

// Says that a part is opened; those that follow others close.
export const announcePart = (name) => document.dispatchEvent(new CustomEvent("part", { detail: name }));

export const followOtherParts = (name, close) => document.addEventListener("part", ({ detail }) => { if (detail !== name) close(); });
