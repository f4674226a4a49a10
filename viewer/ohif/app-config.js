// What OHIF reads before it starts, in place of its own default, which names a public server. Everything comes from
// the portal itself: DICOMweb with the session's cookie, which decides what there is to see.
window.PUBLIC_URL = '/ohif/';
window.browserImportFunction = (module) => import(module);
console.time('scriptToView'); // OHIF ends this timer

/** The session is over: the page asks for the sign-in and comes back. */
function ended() {
  window.location.reload();
}

window.config = {
  routerBasename: '/ohif',
  extensions: [],
  modes: [],
  customizationService: {},
  showStudyList: true,
  maxNumberOfWebWorkers: 3,
  showWarningMessageForCrossOrigin: false,
  showCPUFallbackMessage: true,
  showLoadingIndicator: true,
  strictZSpacingForVolumeViewport: true,
  groupEnabledModesFirst: true,
  showErrorDetails: 'dev',
  investigationalUseDialog: { option: 'configure', days: 30 },
  maxNumRequests: { interaction: 20, thumbnail: 4, prefetch: 6 }, // HTTP/1.1: a browser opens six connections
  defaultDataSourceName: 'placa',
  dataSources: [
    {
      namespace: '@ohif/extension-default.dataSourcesModule.dicomweb',
      sourceName: 'placa',
      configuration: {
        friendlyName: 'Placa',
        name: 'placa',
        qidoRoot: '/dicomweb',
        wadoRoot: '/dicomweb',
        wadoUriRoot: '/dicomweb',
        qidoSupportsIncludeField: true,
        supportsFuzzyMatching: false,
        supportsWildcard: true,
        imageRendering: 'wadors',
        thumbnailRendering: 'wadors',
        enableStudyLazyLoad: true,
        dicomUploadEnabled: false,
        omitQuotationForMultipartRequest: true,
        bulkDataURI: { enabled: true, relativeResolution: 'studies' },
      },
    },
  ],
  httpErrorHandler: (error) => {
    if (error && error.status === 401) ended();
  },
};

// Measuring asks nothing of the server, so a viewer in use says so itself, at most once a minute.
(() => {
  let last = Date.now();
  const alive = () => {
    if (Date.now() - last < 60000) return;
    last = Date.now();
    const token = document.cookie.split('; ').find((part) => part.startsWith('csrftoken='));
    fetch('/account/alive', { method: 'POST', headers: { 'X-CSRFToken': token ? token.slice(10) : '' } })
      .then((answer) => {
        if (answer.status === 401 || answer.status === 403 || answer.redirected) ended();
      })
      .catch(() => undefined); // off-line: the next image says so
  };
  for (const event of ['pointerdown', 'keydown', 'wheel']) {
    document.addEventListener(event, alive, { passive: true, capture: true });
  }
})();
