DROP DOMAIN other.company CASCADE;
