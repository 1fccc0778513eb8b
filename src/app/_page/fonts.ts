import { GeistMono } from "geist/font/mono";
import { GeistSans } from "geist/font/sans";

/** The classes for `<html>` that define the fonts' variables. The font files are our own. */
export const fonts = `${GeistSans.variable} ${GeistMono.variable}`;
