"""The sentences with which the server refuses requests. Plain text: no page shows them."""

UNREADABLE_HOST = (
    "This request does not say clearly which address it is for. Open the page by the address that the terminal shows."
)
UNKNOWN_HOST = (
    "This server does not know the name {host}, so it sends nothing: a foreign website could have borrowed that name "
    "to get in. Open the page by the address that the terminal shows. If people are to reach it by this name, start "
    "the dashboard with TOOLKIT_ALLOWED_HOSTS={host}."
)
FOREIGN_ORIGIN = (
    "This request comes from another website, so the server refuses it. Open the page by the address that the "
    "terminal shows."
)
NOT_HERE = "There is nothing at this address."
TOO_MANY_PAGES = (
    "Too many pages of the dashboard are open ({most}). Close some and try again; TOOLKIT_MAX_PAGES changes the number."
)
NO_SUCH_PAGE = "The page that this upload is for is not open any more. Reload the page and upload the file again."
NO_SUCH_FIELD = "No upload field asked for this file. Reload the page and upload the file again."
UPLOAD_TOO_LARGE = (
    "This page already keeps as much as one visitor may upload ({most:,g} MB). Remove a file from the field, or reload "
    "the page, and try again; TOOLKIT_MAX_UPLOAD_MB changes the limit."
)
TOO_MANY_FILES = (
    "This page already keeps as many uploaded files as one visitor may ({most}). Reload the page and try again."
)
UPLOADS_FULL = (
    "All visitors together have uploaded as much as the server keeps ({most:,g} MB). Try again when somebody has "
    "closed a page; TOOLKIT_MAX_UPLOADS_MB changes the limit."
)
UPLOAD_TOO_SLOW = "The file came too slowly, so the server let it go. Try again, or try a smaller file."
