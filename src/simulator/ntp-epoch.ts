/** NTP counts from the beginning of 1900 (RFC 4330, 3). */
export const SECONDS_1900_TO_1970 = 2_208_988_800;
