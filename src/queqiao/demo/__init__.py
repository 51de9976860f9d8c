"""The demo city 云泽市: invented organisations, people, achievements and needs, entered through the actions."""
