export { type GrantRequest, signGrant } from './server/grant.ts'
export { type RedirectRequest, signRedirect } from './server/redirect.ts'
