// Tells the server the browser's time zone, so that times are shown in it.
(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone) {
    document.cookie = `ums_time_zone=${zone};path=/;max-age=31536000;samesite=lax`;
  }
})();
