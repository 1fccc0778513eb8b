import { createElement } from "react";
import { render } from "react-email";
import { Letter, type LetterProps } from "./letter";

/** Renders a letter as React does, all of it. */
export const renderWhole = (letter: LetterProps): Promise<string> => render(createElement(Letter, letter));
