const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificates in some PEM text, each as PEM, in their order. */
export const certificatesIn = (text: string): string[] => text.match(BLOCK) ?? [];
