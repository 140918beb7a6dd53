// One press is one act, and none of the page's while a dialog is open: Streamlit's shortcuts listen on the document, and
// hear held keys and what is pressed behind a dialog. What has the focus has heard it before it comes here.
document.documentElement.addEventListener("keydown", (event) => {
  const isKeyOfPage = event.key?.length === 1;
  if (isKeyOfPage && (event.repeat || document.querySelector('[role="dialog"]'))) event.stopPropagation();
});
