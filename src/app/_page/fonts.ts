import { GeistMono } from "geist/font/mono";
import { GeistSans } from "geist/font/sans";

/** Defines the fonts' variables for `<html>`; the files are our own. */
export const fonts = `${GeistSans.variable} ${GeistMono.variable}`;
