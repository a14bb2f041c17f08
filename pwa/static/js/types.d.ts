/** What the page knows beyond the browser's own types. */

interface HtmxAjaxOptions {
  target?: string | Element;
  swap?: string;
  source?: string | Element;
  values?: Record<string, string>;
}

interface Window {
  htmx: { ajax(method: string, path: string, options?: HtmxAjaxOptions): Promise<void>; process(element: Element): void };
}

interface DetectedCode {
  rawValue: string;
  format: string;
  boundingBox: DOMRectReadOnly;
}

declare class BarcodeDetector {
  constructor(options?: { formats: string[] });
  static getSupportedFormats(): Promise<string[]>;
  detect(source: ImageBitmapSource): Promise<DetectedCode[]>;
}
